/** Everything that a program can reach: the services of both providers behind one proxy on loopback. */
import { type AnthropicOptions, type AnthropicServices, anthropicServices } from "./anthropic-services.ts";
import { type OpenaiOptions, type OpenaiServices, openaiServices } from "./openai-services.ts";
import { type RecordedRequest, type TlsProxy, startTlsProxy } from "./tls-proxy.ts";
import { isTokenRequest, sendJson } from "./wire.ts";

export type WorldOptions = {
  anthropic?: AnthropicOptions;
  openai?: OpenaiOptions;
};

export type World = TlsProxy & {
  anthropic: AnthropicServices;
  openai: OpenaiServices;
  /** Requests to any token endpoint so far, whatever host they were sent to. */
  tokenRequests: () => RecordedRequest[];
};

/** Starts it. A provider without options knows no token. What no service has is answered 404. Close it when done. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const anthropic = anthropicServices(options.anthropic ?? { accept: () => false });
  const openai = openaiServices(options.openai ?? { accept: () => false });
  const proxy = await startTlsProxy((request, response) => {
    const answered = anthropic.answer(request, response) || openai.answer(request, response);
    if (!answered) sendJson(response, 404, { error: { type: "not_found_error", message: "Not found" } });
  });
  return { ...proxy, anthropic, openai, tokenRequests: () => proxy.requests.filter(isTokenRequest) };
}
