export function debit(amount: number): number {
  return
  -Math.abs(amount);
}
