/** A user's name or a password as it stands in an address, decoded. A `%` that encodes nothing stays, as in curl. */
export const decoded = (part: string): string =>
  part.replace(/(?:%[\da-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes; // no UTF-8
    }
  });
