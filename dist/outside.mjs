import { at as HttpFailure } from "./common.mjs";
function until(world, deadline) {
	let left = () => Math.max(0, deadline - world.now());
	return {
		...world,
		async http(request) {
			if (left() === 0) throw new HttpFailure(!1, "timeout");
			return world.http({
				...request,
				timeoutMs: Math.min(request.timeoutMs, left())
			});
		},
		run: (command, args, options) => world.run(command, args, {
			...options,
			timeoutMs: Math.max(1, Math.min(options.timeoutMs, left()))
		}),
		sleep: (ms) => world.sleep(Math.min(ms, left()))
	};
}
function sayingWhoIsAwaited(world, tell) {
	let awaited = new Map(), asked = 0, told = {
		text: "",
		upTo: 0,
		looks: 0
	}, timer = tell && setInterval(() => {
		told.looks++;
		let text = `Waiting for ${[...new Set(awaited.values())].join(", ")} …`, isNew = [...awaited.keys()].some((number) => number > told.upTo) && told.looks >= 3;
		awaited.size === 0 || text === told.text && !isNew || (told = {
			text,
			upTo: asked,
			looks: 0
		}, tell?.(text));
	}, 2e3).unref();
	return {
		...world,
		async http(request) {
			let number = ++asked;
			awaited.set(number, URL.canParse(request.url) ? new URL(request.url).host : "?");
			try {
				return await world.http(request);
			} finally {
				awaited.delete(number);
			}
		},
		end: () => clearInterval(timer)
	};
}
const awaiting = (world, log) => sayingWhoIsAwaited(world, process.stderr.isTTY ? log : void 0);
export { until as n, awaiting as t };
