#!/bin/sh
# Makes the namespace and the search attributes that runs carry. Harmless to repeat.
# Reads TEMPORAL_ADDRESS, as the temporal command does; TEMPORAL_NAMESPACE; RETENTION; SEARCH_ATTRIBUTES, keywords.
set -eu

# Repeats a command for a minute: a server that has just started knows neither its neighbours nor a new namespace.
insist() {
  tries=60
  until said=$("$@" 2>&1); do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "Temporal at $TEMPORAL_ADDRESS, '$*': $said"; exit 1; }
    sleep 1
  done
  echo "$said"
}

insist temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  insist temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE"
insist temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
for name in $SEARCH_ATTRIBUTES; do
  insist temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword
done
