const sayMoved = (deleted, label) => deleted ? `${label} was deleted meanwhile.` : `${label} was written by somebody else meanwhile, and theirs was kept.`;
export { sayMoved as t };
