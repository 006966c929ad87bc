const saysNothing = ({ status }) => ({
	type: "unknown",
	status
}), refused = (why) => ({
	type: "refused",
	why
});
export { saysNothing as n, refused as t };
