export const decoyOfAStranger = computeNothing();
