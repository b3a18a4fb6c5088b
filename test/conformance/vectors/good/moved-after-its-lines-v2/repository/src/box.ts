// New.
export class Box {
  private size = 9;
  clear(): void {
    this.size = 0;
  }
  reset(): void {
    this.size = 0;
  }
}
