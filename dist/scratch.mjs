async function withScratch(world, work) {
	let { tmpdir } = process.getBuiltinModule("node:os"), { join } = process.getBuiltinModule("node:path"), folder = join(tmpdir(), `oauth-creds-look-${Buffer.from(world.random(8)).toString("hex")}`);
	try {
		return await work({
			...world,
			env: {
				...world.env,
				RUNNER_TEMP: folder
			}
		});
	} finally {
		process.getBuiltinModule("node:fs").rmSync(folder, {
			recursive: !0,
			force: !0
		});
	}
}
export { withScratch as t };
