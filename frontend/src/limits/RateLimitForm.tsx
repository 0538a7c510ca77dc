import { useClient } from "@urql/solid";
import { createEffect, createSignal, For, Show, untrack } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import { createVersioned } from "../graphql/createVersioned";
import { isOutdated } from "../graphql/errors";
import { type FragmentType, graphql, readFragment } from "../graphql/generated";
import { May } from "../graphql/may";
import { t } from "../i18n";
import { changesOf } from "../lib/form";
import { formatWhole } from "../lib/format";
import { Button } from "../ui/Button";
import { ConflictNotice, type Difference, differencesOf } from "../ui/Conflict";
import { ErrorNotice } from "../ui/ErrorNotice";
import { Fact, Facts } from "../ui/Facts";
import { TextField } from "../ui/Field";
import { Form } from "../ui/Form";
import { LeaveDialog } from "../ui/LeaveDialog";
import { Panel } from "../ui/Panel";
import { notify } from "../ui/Toaster";
import type { Subject } from "./createQuotaChange";
import { boundsOf, RATE_FIELDS, readRate, whenEmpty } from "./rate";

const RateFragment = graphql(`
  fragment Rate on RateLimit {
    requestsPerMinute
    tokensPerMinute
    concurrentRequests
    concurrentSockets
    maxWaitSeconds
  }
`);

const UpdateRateLimitMutation = graphql(`
  mutation UpdateRateLimit($input: UpdateRateLimitInput!, $expectedVersion: Int) {
    updateRateLimit(input: $input, expectedVersion: $expectedVersion) {
      user {
        id
        rateLimitVersion
        rateLimit {
          ...Rate
        }
        effectiveRateLimit {
          ...Rate
        }
      }
      apiKey {
        id
        rateLimitVersion
        rateLimit {
          ...Rate
        }
      }
    }
  }
`);

const UserRateLimitQuery = graphql(`
  query UserRateLimit($id: ID!) {
    user(id: $id) {
      id
      rateLimitVersion
      rateLimit {
        ...Rate
      }
      apiKeys {
        id
        rateLimitVersion
        rateLimit {
          ...Rate
        }
      }
    }
  }
`);

type RateMask = FragmentType<typeof RateFragment>;

type RateValues = Record<(typeof RATE_FIELDS)[number], number | null> & { version: number };

function valuesOf(version: number, mask: RateMask | null | undefined): RateValues {
  const rate = readFragment(RateFragment, mask);
  return {
    version,
    requestsPerMinute: rate?.requestsPerMinute ?? null,
    tokensPerMinute: rate?.tokensPerMinute ?? null,
    concurrentRequests: rate?.concurrentRequests ?? null,
    concurrentSockets: rate?.concurrentSockets ?? null,
    maxWaitSeconds: rate?.maxWaitSeconds ?? null,
  };
}

function compare(before: RateValues, after: RateValues): Difference[] {
  const text = (name: (typeof RATE_FIELDS)[number], value: number | null) =>
    value ? formatWhole(value) : whenEmpty(name);
  const fields = RATE_FIELDS.map(
    (name) => [t(`limits.rates.${name}`), (rate: RateValues) => text(name, rate[name])] as const,
  );
  return differencesOf(fields, before, after);
}

type RateLimitFormProps = {
  /** The user, or the owner of the key. */
  userId: string;
  subject: Subject;
  version: number;
  rate: RateMask | null | undefined;
  /** The server's default, which applies if no limit is set. */
  inherited?: RateMask;
  /** Shown while no limit is set. */
  otherwise: string;
};

function RateForm(props: RateLimitFormProps) {
  const client = useClient();
  const [change, updateRateLimit] = createMutation(UpdateRateLimitMutation);
  async function read(): Promise<RateValues | undefined> {
    const variables = { id: props.userId };
    const answer = await client.query(UserRateLimitQuery, variables, {
      requestPolicy: "network-only",
    });
    const user = answer.data?.user ?? undefined;
    const subject = props.subject;
    const holder =
      "userId" in subject ? user : user?.apiKeys.find((key) => key.id === subject.apiKeyId);
    return holder && valuesOf(holder.rateLimitVersion, holder.rateLimit);
  }
  const latest = () => valuesOf(props.version, props.rate);
  const versioned = createVersioned<RateValues, Difference>({
    first: untrack(latest),
    read,
    compare,
  });
  // What is saved elsewhere is shown, unless something is typed here: then saving shows the conflict.
  const [isTouched, setTouched] = createSignal(false);
  createEffect(() => {
    const values = latest();
    if (!isTouched()) untrack(() => versioned.accept(values));
  });
  const isUnset = () => RATE_FIELDS.every((name) => versioned.shown()[name] === null);
  const placeholder = (name: (typeof RATE_FIELDS)[number]) => {
    const value = isUnset() && props.inherited && readFragment(RateFragment, props.inherited)[name];
    return value ? t("limits.inherited", { value }) : whenEmpty(name);
  };

  async function submit(form: FormData) {
    const wanted = readRate(form);
    const subject = props.subject;
    const saved = await versioned.save(
      (base) => changesOf(base, wanted),
      (input, expectedVersion) =>
        updateRateLimit(
          { input: { ...subject, ...input }, expectedVersion },
          { additionalTypenames: ["RateLimit"] },
        ),
    );
    if (!saved) return;
    const { user, apiKey } = saved.data?.updateRateLimit ?? {};
    const holder = apiKey ?? user;
    if (holder) versioned.accept(valuesOf(holder.rateLimitVersion, holder.rateLimit));
    setTouched(false);
    notify({ tone: "ok", text: t("limits.rateSaved") });
  }

  return (
    <Panel title={t("limits.rate")} hint={t("limits.rateHint")}>
      <Form onInput={() => setTouched(true)} onSubmit={(form) => void submit(form)}>
        <div class="grid items-end gap-4 sm:grid-cols-2 xl:grid-cols-5">
          <For each={RATE_FIELDS}>
            {(name) => (
              <TextField
                label={t(`limits.rates.${name}`)}
                name={name}
                type="number"
                {...boundsOf(name)}
                step="1"
                value={versioned.shown()[name] ?? ""}
                placeholder={placeholder(name)}
              />
            )}
          </For>
        </div>
        <ConflictNotice conflict={versioned.conflict()} />
        <Show when={!(versioned.conflict() && isOutdated(change.error))}>
          <ErrorNotice error={change.error} />
        </Show>
        <div class="flex flex-wrap items-center gap-3">
          <Button type="submit" pending={change.fetching}>
            {t("common.save")}
          </Button>
          <Show when={isUnset()}>
            <span class="text-sm text-muted">{props.otherwise}</span>
          </Show>
        </div>
      </Form>
      <LeaveDialog isDirty={isTouched()} />
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
  const value = (name: (typeof RATE_FIELDS)[number]) => rate()[name];
  return (
    <Facts>
      <For each={RATE_FIELDS}>
        {(name) => (
          <Fact name={t(`limits.rates.${name}`)}>
            <Show when={value(name)} fallback={<span class="text-muted">{whenEmpty(name)}</span>}>
              {(number) => formatWhole(number())}
            </Show>
          </Fact>
        )}
      </For>
    </Facts>
  );
}
