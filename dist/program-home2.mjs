const HOME_STATE = "program-home";
function removeHome(world, home) {
	try {
		process.getBuiltinModule("node:fs").rmSync(home, {
			recursive: !0,
			force: !0,
			maxRetries: 5
		});
	} catch (error) {
		let { code } = error;
		world.runner.warning(`The folder ${home} could not be removed (${code ?? "unknown"}): it holds a copy of the login.`);
	}
}
export { removeHome as n, HOME_STATE as t };
