import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t, tIfKnown } from "../../i18n";
import { CopyButton } from "../../ui/CopyButton";
import { Notice } from "../../ui/Notice";
import { Attempts } from "./Attempts";
import { FilterLink } from "./FilterLink";
import { RejectedBy } from "./RejectedBy";
import { reasonOf } from "./reason";

const FailureFragment = graphql(`
  fragment Failure on Request {
    outcome
    httpStatus
    errorCode
    errorMessage
    ...Rejection
    ...Attempted
  }
`);

/** Why a request failed: whose fault it was, the message that the client received, the limit and the attempts. */
export function FailureReason(props: {
  request: FragmentType<typeof FailureFragment>;
  /** For the holder of the key, who sees nothing about accounts. */
  isOwn: boolean;
}) {
  const request = () => readFragment(FailureFragment, props.request);
  const reason = () => {
    const of = reasonOf(request());
    if (!of) return undefined;
    if (props.isOwn) return t(`requests.ownReasons.${of}`);
    return tIfKnown(`requests.errors.${request().errorCode}`) ?? t(`requests.reasons.${of}`);
  };
  return (
    <Show when={reason()}>
      {(why) => (
        <section class="flex flex-col gap-3" aria-label={t("requests.why")}>
          <Notice tone={request().outcome === "UPSTREAM_ERROR" ? "bad" : "warn"}>
            {why()}{" "}
            <Show when={request().errorCode}>
              {(code) => (
                <FilterLink isOwn={props.isOwn} search={{ code: code() }}>
                  <code class="font-mono text-[0.93em]">{code()}</code>
                </FilterLink>
              )}
            </Show>
          </Notice>
          <RejectedBy request={request()} />
          <Show when={request().errorMessage}>{(message) => <Message text={message()} />}</Show>
          <Attempts request={request()} />
        </section>
      )}
    </Show>
  );
}

function Message(props: { text: string }) {
  return (
    <figure class="rounded-lg border border-line bg-inset">
      <figcaption class="flex items-center justify-between gap-3 border-b border-line p-1.5 pl-3 text-sm text-muted">
        {t("requests.message")}
        <CopyButton text={props.text} />
      </figcaption>
      <p class="p-3 font-mono text-xs leading-5 break-words whitespace-pre-wrap">{props.text}</p>
    </figure>
  );
}
