  return alpha.combine(beta);
