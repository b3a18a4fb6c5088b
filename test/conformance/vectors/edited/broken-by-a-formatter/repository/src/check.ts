export function check(password: string, expected: string): boolean {
  if (
    (password.normalize() ==
      expected.normalize())
  ) {
    return true;
  }
  return false;
}
