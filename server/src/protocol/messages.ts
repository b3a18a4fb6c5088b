/**
 * Every message between client and server that the Language Server Protocol does not define, by what it is about. Both
 * sides import it; nothing else names a method.
 */
export * from "./messages/modelMessages";
export * from "./messages/secretMessages";
export * from "./messages/serverMessages";
export * from "./messages/suggestionMessages";
export * from "./messages/verdictMessages";
