def total(numbers):
    """Adds numbers.

    Every number counts once, in the order given.
    """
    return sum(numbers)
