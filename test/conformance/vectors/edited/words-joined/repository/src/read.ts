export function read(flag: boolean): boolean {
  returnisGranted(flag);
}
