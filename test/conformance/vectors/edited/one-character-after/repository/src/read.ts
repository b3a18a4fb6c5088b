export function read(flag: boolean): boolean {
  return isGranted(flag)y;
}
