function placeOfSecret({ kind, name, within, repository, repositoryId }) {
	return `secret ${[
		kind,
		within,
		name
	].filter((part) => part !== void 0).join("/")} of ${repositoryId ?? repository}`.toLowerCase();
}
export { placeOfSecret as t };
