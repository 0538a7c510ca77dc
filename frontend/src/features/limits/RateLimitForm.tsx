import { For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { changesOf, readText } from "../../lib/form";
import { formatWhole } from "../../lib/format";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Fact, Facts } from "../../ui/Facts";
import { TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { Panel } from "../../ui/Panel";
import { notify } from "../../ui/Toaster";
import type { Subject } from "./QuotaEditor";

const RateFragment = graphql(`
  fragment Rate on RateLimit {
    requestsPerMinute
    tokensPerMinute
    concurrentRequests
    concurrentSockets
  }
`);

const UpdateRateLimitMutation = graphql(`
  mutation UpdateRateLimit($input: UpdateRateLimitInput!) {
    updateRateLimit(input: $input) {
      user {
        id
        rateLimit {
          ...Rate
        }
        effectiveRateLimit {
          ...Rate
        }
      }
      apiKey {
        id
        rateLimit {
          ...Rate
        }
      }
    }
  }
`);

type RateMask = FragmentType<typeof RateFragment>;

const FIELDS = [
  "requestsPerMinute",
  "tokensPerMinute",
  "concurrentRequests",
  "concurrentSockets",
] as const;

function readNumber(form: FormData, name: string): number | null {
  const text = readText(form, name);
  return text === "" ? null : Number(text);
}

type RateLimitFormProps = {
  subject: Subject;
  rate: RateMask | null | undefined;
  /** The server's default, which applies if no limit is set. */
  inherited?: RateMask;
  /** Shown while no limit is set. */
  otherwise: string;
};

function RateForm(props: RateLimitFormProps) {
  const [change, updateRateLimit] = createMutation(UpdateRateLimitMutation);
  const rate = () => readFragment(RateFragment, props.rate);
  const placeholder = (name: (typeof FIELDS)[number]) => {
    const value = !rate() && props.inherited && readFragment(RateFragment, props.inherited)[name];
    return value ? t("limits.inherited", { value }) : t("common.unlimited");
  };

  async function submit(form: FormData) {
    const wanted = {
      requestsPerMinute: readNumber(form, "requestsPerMinute"),
      tokensPerMinute: readNumber(form, "tokensPerMinute"),
      concurrentRequests: readNumber(form, "concurrentRequests"),
      concurrentSockets: readNumber(form, "concurrentSockets"),
    };
    const input = { ...props.subject, ...changesOf(rate() ?? {}, wanted) };
    const { error } = await updateRateLimit({ input }, { additionalTypenames: ["RateLimit"] });
    if (!error) notify({ tone: "ok", text: t("limits.rateSaved") });
  }

  return (
    <Panel title={t("limits.rate")} hint={t("limits.rateHint")}>
      <Form onSubmit={(form) => void submit(form)}>
        <div class="grid items-end gap-4 sm:grid-cols-2 xl:grid-cols-4">
          <For each={FIELDS}>
            {(name) => (
              <TextField
                label={t(`limits.rates.${name}`)}
                name={name}
                type="number"
                min="1"
                step="1"
                value={rate()?.[name] ?? ""}
                placeholder={placeholder(name)}
              />
            )}
          </For>
        </div>
        <ErrorNotice error={change.error} />
        <div class="flex flex-wrap items-center gap-3">
          <Button type="submit" pending={change.fetching}>
            {t("common.save")}
          </Button>
          <Show when={!rate()}>
            <span class="text-sm text-muted">{props.otherwise}</span>
          </Show>
        </div>
      </Form>
    </Panel>
  );
}

/** How fast a user or a key may call: a form, or the values for those who may not change them. */
export function RateLimitForm(props: RateLimitFormProps) {
  const shown = () => props.rate ?? props.inherited;
  return (
    <May
      do="updateRateLimit"
      fallback={
        <Panel title={t("limits.rate")}>
          <Show when={shown()}>{(rate) => <RateFacts rate={rate()} />}</Show>
          <Show when={!props.rate}>
            <p class="mt-3 text-sm text-muted">{props.otherwise}</p>
          </Show>
        </Panel>
      }
    >
      <RateForm {...props} />
    </May>
  );
}

/** The rate limits of a user or a key, read-only. */
export function RateFacts(props: { rate: RateMask }) {
  const rate = () => readFragment(RateFragment, props.rate);
  const value = (name: (typeof FIELDS)[number]) => rate()[name];
  return (
    <Facts>
      <For each={FIELDS}>
        {(name) => (
          <Fact name={t(`limits.rates.${name}`)}>
            <Show
              when={value(name)}
              fallback={<span class="text-muted">{t("common.unlimited")}</span>}
            >
              {(number) => formatWhole(number())}
            </Show>
          </Fact>
        )}
      </For>
    </Facts>
  );
}
