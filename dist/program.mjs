const sent = (outcome) => ({
	outcome,
	unclearBefore: !1
});
export { sent as t };
