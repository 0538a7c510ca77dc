import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatDuration } from "../../lib/format";
import { Time } from "../../ui/Moment";
import { Cell } from "../../ui/Table";
import { Unknown } from "../../ui/Unknown";
import { OutcomeBadge } from "./OutcomeBadge";
import { TokenCells } from "./TokenCells";

const RequestRowFragment = graphql(`
  fragment RequestRow on Request {
    id
    startedAt
    durationMs
    timeToFirstByteMs
    model
    servedModel
    endpoint
    ...Outcome
    ...Tokens
    user {
      id
      name
    }
  }
`);

type RequestRowProps = {
  request: FragmentType<typeof RequestRowFragment>;
  hideUser?: boolean;
  /** It arrived while the page was open. */
  isNew?: boolean;
  /** The address that opens the request. */
  addressOf?: ((id: string) => string) | undefined;
};

/** One request in the table. */
export function RequestRow(props: RequestRowProps) {
  const request = () => readFragment(RequestRowFragment, props.request);
  return (
    <tr
      class="align-top"
      classList={{ arrive: props.isNew }}
      title={`${t("requests.request")} ${request().id}`}
    >
      <Cell class="text-muted max-sm:hidden">
        <Time at={request().startedAt} />
      </Cell>
      <Show when={!props.hideUser}>
        <Cell class="max-w-40 truncate max-sm:hidden">
          <A href={`/users/${request().user.id}`} class="underline-offset-4 hover:underline">
            {request().user.name}
          </A>
        </Cell>
      </Show>
      <Cell class="max-w-44 min-w-36 max-sm:pl-4 sm:max-w-64">
        <span class="block truncate font-medium" title={request().servedModel ?? undefined}>
          <Show
            when={props.addressOf}
            fallback={request().model ?? <Unknown why={t("requests.noModel")} />}
          >
            {(addressOf) => (
              <A href={addressOf()(request().id)} noScroll class="underline underline-offset-4">
                {request().model ?? t("requests.noModel")}
              </A>
            )}
          </Show>
        </span>
        <span class="block truncate font-mono text-xs text-muted">{request().endpoint}</span>
        <span class="block truncate text-xs text-muted sm:hidden">
          <Time at={request().startedAt} />
          <Show when={!props.hideUser}> {request().user.name}</Show>
        </span>
      </Cell>
      <Cell>
        <OutcomeBadge request={request()} />
      </Cell>
      <TokenCells request={request()} />
      <Cell number>{formatDuration(request().durationMs)}</Cell>
      <Cell number class="text-muted">
        <Show
          when={request().timeToFirstByteMs !== null}
          fallback={<Unknown why={t("requests.noByte")} />}
        >
          {formatDuration(request().timeToFirstByteMs ?? 0)}
        </Show>
      </Cell>
    </tr>
  );
}
