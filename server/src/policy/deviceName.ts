import { visibleText } from "../protocol/visibleText";

/** A device in a few letters: this one, or both ends of its address, as people compare addresses. */
export function deviceName(address: string, isOwn: boolean): string {
  if (isOwn) {
    return "this computer";
  }
  const shown = visibleText(address);
  return shown.length <= 14 ? shown : `${shown.slice(0, 8)}…${shown.slice(-4)}`;
}
