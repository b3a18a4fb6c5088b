/** The client imports this folder alone, so what every program needs of errors is handed on from here. */
export { messageOf, unreachable } from "../platform/errors";
