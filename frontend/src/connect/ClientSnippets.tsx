import { createSignal, For, Show } from "solid-js";
import { urlBesideApp } from "../lib/baseUrl";
import { useSession } from "../session/SessionProvider";
import { CodeBlock } from "../ui/CodeBlock";
import { describeClients, MODELS } from "./snippets";

/** Ready-to-paste set-ups, one tool at a time. */
export function ClientSnippets(props: { secret: string }) {
  const { serverInfo } = useSession();
  const models = () => (serverInfo()?.engineMode === "DEMO" ? MODELS.demo : MODELS.real);
  const baseUrl = () => serverInfo()?.publicUrl || urlBesideApp(".").href;
  const clients = () => describeClients(baseUrl(), props.secret, models());
  const [chosen, setChosen] = createSignal("curl");
  const client = () => clients().find((each) => each.id === chosen());

  return (
    <div class="flex flex-col gap-3">
      <fieldset class="flex flex-wrap gap-1.5">
        <legend class="mb-2 font-medium">Use it in</legend>
        <For each={clients()}>
          {(each) => (
            <button
              type="button"
              aria-pressed={each.id === chosen()}
              onClick={() => setChosen(each.id)}
              class="rounded-full border border-line-strong/60 px-3 py-1 text-sm font-medium text-muted transition-colors hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-text"
            >
              {each.name}
            </button>
          )}
        </For>
      </fieldset>
      <Show when={client()}>
        {(shown) => (
          <>
            <For each={shown().snippets}>
              {(snippet) => <CodeBlock place={snippet.place} code={snippet.code} />}
            </For>
            <p class="text-sm text-muted">{shown().note}</p>
          </>
        )}
      </Show>
    </div>
  );
}
