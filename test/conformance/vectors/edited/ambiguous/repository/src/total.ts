const a = 1;
const b = 2;
const total = computeTotal(start);
const c = 3;
const total = computeTotal(start);
