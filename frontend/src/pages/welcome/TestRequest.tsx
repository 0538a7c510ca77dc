import { createQuery } from "@urql/solid";
import Send from "lucide-solid/icons/send";
import { createSignal, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { urlBesideApp } from "../../lib/baseUrl";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Notice";

const TestModelsQuery = graphql(`
  query TestModels {
    models {
      name
    }
  }
`);

const LONGEST = 16;

/** Sends a one-word prompt to a model with this key. */
export function TestRequest(props: { secret: string }) {
  const [models] = createQuery({ query: TestModelsQuery });
  const [isAsking, setAsking] = createSignal(false);
  const [problem, setProblem] = createSignal<string>();
  const model = () => models.data?.models[0]?.name;

  async function ask(name: string) {
    setProblem(undefined);
    setAsking(true);
    const answer = await fetch(urlBesideApp("v1/chat/completions"), {
      method: "POST",
      credentials: "omit",
      headers: {
        Authorization: `Bearer ${props.secret}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({
        model: name,
        max_tokens: LONGEST,
        messages: [{ role: "user", content: "Say hello in one word." }],
      }),
    }).catch(() => undefined);
    setAsking(false);
    if (!answer) setProblem(t("welcome.unreachable"));
    else if (!answer.ok) setProblem(t("welcome.failed", { status: answer.status }));
  }

  return (
    <div class="flex flex-col items-center gap-3">
      <Show
        when={model()}
        fallback={
          <Show when={models.data}>
            <p class="text-sm text-muted">{t("welcome.noModels")}</p>
          </Show>
        }
      >
        {(name) => (
          <>
            <Button pending={isAsking()} onClick={() => void ask(name())}>
              <Send class="size-4" aria-hidden="true" />
              {t("welcome.ask")}
            </Button>
            <p class="text-sm text-muted">{t("welcome.asked", { model: name() })}</p>
          </>
        )}
      </Show>
      <Show when={problem()}>{(text) => <Notice tone="bad">{text()}</Notice>}</Show>
    </div>
  );
}
