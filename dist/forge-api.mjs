import { kt as Secret, rt as githubApi } from "./common.mjs";
function forgeApi(world, { request, secretsToken }, url, authorization) {
	let token = secretsToken ?? new Secret(""), own = {
		accept: "application/json",
		"user-agent": request.userAgent,
		...authorization(token.reveal())
	};
	return githubApi({
		http: ({ headers, ...asked }) => {
			let type = headers["content-type"];
			return world.http({
				...asked,
				headers: {
					...own,
					...type && { "content-type": type }
				}
			});
		},
		now: () => world.now()
	}, url, token, request.userAgent);
}
export { forgeApi as t };
