export function read(flag: boolean): boolean {
  log("return isGranted(flag);");
}
