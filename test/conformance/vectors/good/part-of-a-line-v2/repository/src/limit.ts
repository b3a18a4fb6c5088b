export const limit = Math.max(minimum, requested) + reserve;
