import { Dialog } from "@kobalte/core/dialog";
import { useNavigate } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import CornerDownLeft from "lucide-solid/icons/corner-down-left";
import FileText from "lucide-solid/icons/file-text";
import KeyRound from "lucide-solid/icons/key-round";
import Search from "lucide-solid/icons/search";
import User from "lucide-solid/icons/user";
import { createEffect, createMemo, createSignal, createUniqueId, For, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { graphql } from "../../graphql/generated";
import { useMay } from "../../graphql/may";
import { t } from "../../i18n";
import { createKeyLookup } from "../../keys/createKeyLookup";
import { PastedKey } from "../../keys/FoundKey";
import { findApiKey } from "../../lib/apiKey";
import { createDelayed } from "../../lib/createDelayed";
import { DialogsAbove } from "../../ui/Dialog";
import { rememberFocus, returnFocus } from "../../ui/focusReturn";
import { GROUPS, SUBPAGES } from "../places";
import { type Entry, entriesOf, entryOfFoundKey, findEntries } from "./entries";

const PaletteQueryDocument = graphql(`
  query Palette($search: String) {
    users(
      filter: { search: $search }
      orderBy: { field: LAST_USED_AT, direction: DESC }
      first: 50
    ) {
      nodes {
        id
        name
        email
        apiKeys {
          id
          name
          prefix
          lastFour
        }
      }
    }
  }
`);

// Keys of all users, by their beginning or their last four characters.
const PaletteKeysQueryDocument = graphql(`
  query PaletteKeys($search: String!) {
    apiKeys(filter: { search: $search }, first: 10) {
      nodes {
        id
        name
        prefix
        lastFour
        state
        user {
          id
          name
        }
      }
    }
  }
`);

const TYPING_MS = 150;
/** Shorter text matches too many keys. */
const SHORTEST_SEARCH = 3;
const ICONS = { page: FileText, user: User, key: KeyRound };

function pages(): Entry[] {
  return GROUPS.flatMap((group) => group.places).map((place) => ({
    id: `page-${place.name}`,
    kind: "page",
    name: t(`shell.places.${place.name}`),
    path: place.path,
  }));
}

function subpages(may: ReturnType<typeof useMay>): Entry[] {
  return SUBPAGES.filter((page) => !page.do || may(page.do)).map(({ path, name, of }) => ({
    id: `page-${path}`,
    kind: "page",
    name: t(name),
    detail: t(`shell.places.${of}`),
    path,
  }));
}

/**
 * The entries of the palette: the pages, recently active users, and search results. A whole key is looked up by its
 * digest, and searched for nowhere else.
 */
function createEntries(typed: () => string) {
  const may = useMay();
  const pasted = createMemo(() => findApiKey(typed()));
  const lookup = createKeyLookup(() => pasted());
  const wanted = createDelayed(() => (pasted() ? "" : typed()), TYPING_MS);
  const [recent] = createQuery({ query: PaletteQueryDocument, variables: { search: null } });
  const [found] = createQuery({
    query: PaletteQueryDocument,
    variables: () => ({ search: wanted().trim() }),
    pause: () => wanted().trim() === "",
  });
  const isKeySearch = () => wanted().trim().length >= SHORTEST_SEARCH;
  const [keys] = createQuery({
    query: PaletteKeysQueryDocument,
    variables: () => ({ search: wanted().trim() }),
    pause: () => !isKeySearch(),
  });
  const isAnswered = () => isKeySearch() && keys.operation?.variables.search === wanted().trim();
  const foundKeys = () => (isAnswered() ? (keys.data?.apiKeys.nodes ?? []) : []);
  const all = createMemo(() => {
    const users = [...(recent.data?.users.nodes ?? []), ...(found.data?.users.nodes ?? [])];
    // Before anything is typed, recent users matter more.
    const below = typed().trim() ? subpages(may) : [];
    const known = [...pages(), ...below, ...entriesOf(users), ...foundKeys().map(entryOfFoundKey)];
    return [...new Map(known.map((entry) => [entry.id, entry])).values()];
  });
  const entries = createMemo(() => {
    if (!pasted()) return findEntries(all(), typed());
    const owned = lookup.found();
    return owned ? [entryOfFoundKey(owned)] : [];
  });
  const isSearching = () => found.fetching || keys.fetching || wanted() !== typed();
  return { entries, isSearching, pasted, lookup };
}

function EntryRow(props: {
  entry: Entry;
  optionId: string;
  isChosen: boolean;
  onHover: () => void;
  onGo: () => void;
}) {
  let row: HTMLDivElement | undefined;
  createEffect(() => {
    if (props.isChosen) row?.scrollIntoView?.({ block: "nearest" });
  });
  return (
    // The field handles the keyboard and names the active option.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    // biome-ignore lint/a11y/useFocusableInteractive: see above
    <div
      ref={row}
      id={props.optionId}
      role="option"
      aria-selected={props.isChosen}
      onMouseMove={() => props.onHover()}
      onClick={() => props.onGo()}
      class="flex cursor-pointer items-center gap-3 rounded-lg px-3 py-2 aria-selected:bg-hover"
    >
      <Dynamic
        component={ICONS[props.entry.kind]}
        class="size-4 shrink-0 text-muted"
        aria-hidden="true"
      />
      <span class="max-w-3/5 shrink-0 truncate font-medium">{props.entry.name}</span>
      <Show when={props.entry.detail}>
        <span class="min-w-0 truncate text-sm text-muted">{props.entry.detail}</span>
      </Show>
      <span class="ml-auto shrink-0 text-xs text-muted">
        {t(`shell.kinds.${props.entry.kind}`)}
      </span>
      <Show when={props.isChosen}>
        <CornerDownLeft class="size-3.5 shrink-0 text-muted" aria-hidden="true" />
      </Show>
    </div>
  );
}

function Finder(props: { onClose: () => void }) {
  const navigate = useNavigate();
  const list = createUniqueId();
  const [typed, setTyped] = createSignal("");
  const [place, setPlace] = createSignal(0);
  const { entries, isSearching, pasted, lookup } = createEntries(typed);
  const chosen = () => Math.min(place(), entries().length - 1);

  function go(entry: Entry | undefined) {
    if (!entry) return;
    props.onClose();
    navigate(entry.path);
  }
  function onKey(event: KeyboardEvent) {
    const count = entries().length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && count > 0) {
      event.preventDefault();
      setPlace((chosen() + step + count) % count);
    }
    // While an input method composes text, Enter belongs to it.
    if (event.key === "Enter" && !event.isComposing) go(entries()[chosen()]);
  }

  return (
    <>
      <div class="relative border-b border-line">
        <Search class="absolute top-3.5 left-4 size-5 text-muted" aria-hidden="true" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={entries().length > 0 ? `${list}-${chosen()}` : undefined}
          aria-label={t("shell.searchHint")}
          placeholder={t("shell.searchHint")}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setPlace(0);
          }}
          onKeyDown={onKey}
          class="h-12 w-full bg-transparent pr-4 pl-12 text-lg outline-none"
        />
      </div>
      <div id={list} role="listbox" aria-label={t("shell.search")} class="overflow-y-auto p-1.5">
        <For each={entries()}>
          {(entry, index) => (
            <EntryRow
              entry={entry}
              optionId={`${list}-${index()}`}
              isChosen={index() === chosen()}
              onHover={() => setPlace(index())}
              onGo={() => go(entry)}
            />
          )}
        </For>
      </div>
      <Show when={pasted()}>
        <div class="overflow-y-auto px-3 pb-3">
          <DialogsAbove>
            <PastedKey lookup={lookup} onLeave={props.onClose} />
          </DialogsAbove>
        </div>
      </Show>
      <Show when={entries().length === 0 && !pasted() && !isSearching()}>
        <p role="status" class="px-4 pb-5 text-center text-muted">
          {t("shell.nothingFound")}
        </p>
      </Show>
    </>
  );
}

/** Finds pages, users and keys by name and opens them. */
export default function Palette(props: { open: boolean; onClose: () => void }) {
  let content: HTMLDivElement | undefined;
  return (
    <Dialog open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay class="fixed inset-0 z-40 bg-veil" />
        <div class="fixed inset-0 z-50 flex items-start justify-center p-3 sm:pt-[12vh]">
          <Dialog.Content
            ref={content}
            onOpenAutoFocus={() => rememberFocus(content)}
            onCloseAutoFocus={(event) => returnFocus(content, event)}
            class="flex max-h-[70dvh] w-full max-w-150 flex-col overflow-hidden rounded-2xl border border-line bg-raised shadow-raised outline-none"
          >
            <Dialog.Title class="sr-only">{t("shell.search")}</Dialog.Title>
            <Finder onClose={props.onClose} />
          </Dialog.Content>
        </div>
      </Dialog.Portal>
    </Dialog>
  );
}
