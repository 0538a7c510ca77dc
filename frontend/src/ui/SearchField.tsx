import Search from "lucide-solid/icons/search";

/** A search field that takes effect while typing. */
export function SearchField(props: {
  label: string;
  placeholder?: string;
  value: string | undefined;
  onSearch: (text: string) => void;
}) {
  return (
    <div class="relative min-w-48 flex-1">
      <Search class="absolute top-2 left-2.5 size-4 text-faint" aria-hidden="true" />
      <input
        type="search"
        aria-label={props.label}
        placeholder={props.placeholder ?? props.label}
        value={props.value ?? ""}
        onInput={(event) => props.onSearch(event.currentTarget.value)}
        class="h-8 w-full rounded-lg border border-line-strong/60 bg-field pr-2 pl-8.5 text-sm"
      />
    </div>
  );
}
