import { ApiTokenList } from "../../features/tokens";
import { Reserved } from "../../ui/Reserved";

/** The API tokens of scripts, for owners. */
export default function Tokens() {
  return (
    <Reserved do="createApiToken">
      <ApiTokenList />
    </Reserved>
  );
}
