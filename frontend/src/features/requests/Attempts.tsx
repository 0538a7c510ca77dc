import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { AttemptedFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { Badge } from "../../ui/Badge";
import { providerName } from "../../ui/providers";
import { FilterLink } from "./FilterLink";

const AttemptedFragmentDocument = graphql(`
  fragment Attempted on Request {
    attempts {
      provider
      succeeded
      httpStatus
      message
      account {
        id
        label
      }
    }
  }
`);

/** The accounts that the engine tried, in order, if one of them failed. */
export function Attempts(props: { request: FragmentType<typeof AttemptedFragmentDocument> }) {
  const attempts = () => readFragment(AttemptedFragmentDocument, props.request).attempts;
  return (
    <Show when={attempts().length > 0}>
      <section>
        <h3 class="mb-2 font-medium">{t("requests.attempts")}</h3>
        <ol class="flex flex-col divide-y divide-line rounded-lg border border-line">
          <For each={attempts()}>{(attempt) => <AttemptItem attempt={attempt} />}</For>
        </ol>
      </section>
    </Show>
  );
}

function AttemptItem(props: { attempt: AttemptedFragment["attempts"][number] }) {
  const status = () =>
    props.attempt.succeeded
      ? t("requests.attemptSucceeded")
      : (props.attempt.httpStatus ?? t("requests.noAnswer"));
  return (
    <li class="flex flex-col gap-1 p-3">
      <p class="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Badge tone={props.attempt.succeeded ? "ok" : "bad"}>{status()}</Badge>
        <Show
          when={props.attempt.account}
          fallback={<span class="text-muted">{t("requests.deletedAccount")}</span>}
        >
          {(account) => (
            <FilterLink isOwn={false} search={{ account: account().id }}>
              {account().label}
            </FilterLink>
          )}
        </Show>
        <Show when={props.attempt.provider}>
          {(kind) => <span class="text-sm text-muted">{providerName(kind())}</span>}
        </Show>
      </p>
      <Show when={props.attempt.message}>
        {(message) => <p class="font-mono text-xs leading-5 break-words">{message()}</p>}
      </Show>
    </li>
  );
}
