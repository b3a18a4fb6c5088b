export const one = firstValue(seed);
