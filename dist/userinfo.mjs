const decoded = (part) => part.replace(/(?:%[\da-f]{2})+/gi, (bytes) => {
	try {
		return decodeURIComponent(bytes);
	} catch {
		return bytes;
	}
});
export { decoded as t };
