/** Why a renewed login was not stored although it could be. */
export const sayMoved = (deleted: boolean, label: string): string =>
  deleted ? `${label} was deleted meanwhile.` : `${label} was written by somebody else meanwhile, and theirs was kept.`;
