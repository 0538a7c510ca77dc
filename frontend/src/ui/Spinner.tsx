import LoaderCircle from "lucide-solid/icons/loader-circle";

/** A small progress indicator. */
export function Spinner() {
  return <LoaderCircle class="size-4 animate-spin" aria-hidden="true" />;
}
