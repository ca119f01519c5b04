package dev.gyropilot.gateway;

import dev.gyropilot.gateway.catalog.Catalog;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Names and keys of one catalog, ready to be looked up. Never changes. */
final class RouteTable {
    static final RouteTable EMPTY = new RouteTable(List.of(), List.of());

    /** The meanings of a name, strongest first: of several services the strongest meaning wins. */
    private record Meanings(List<ServiceState> names, List<ServiceState> aliases, List<ServiceState> models) {
        Meanings() {
            this(new ArrayList<>(1), new ArrayList<>(0), new ArrayList<>(0));
        }
    }

    private final List<ServiceState> services;
    private final Map<String, Meanings> byName = new HashMap<>();
    private final Map<HashedKey, Catalog.ApiKey> keys = new HashMap<>();

    RouteTable(Collection<ServiceState> services, List<Catalog.ApiKey> apiKeys) {
        this.services = List.copyOf(services);
        for (ServiceState state : this.services) {
            Catalog.Service service = state.service();
            add(Meanings::names, service.key().name(), state);
            service.aliases().forEach(alias -> add(Meanings::aliases, alias, state));
            service.modelNames().forEach(name -> add(Meanings::models, name, state));
        }
        for (Catalog.ApiKey key : apiKeys) {
            keys.put(new HashedKey(HexFormat.of().parseHex(key.sha256Hex())), key);
        }
    }

    private void add(Function<Meanings, List<ServiceState>> meaning, String name, ServiceState state) {
        for (String spelling : List.of(name, state.key().namespace() + "/" + name)) {
            List<ServiceState> named = meaning.apply(byName.computeIfAbsent(spelling, s -> new Meanings()));
            if (!named.contains(state)) {
                named.add(state);
            }
        }
    }

    /** The key with this hash. */
    Catalog.@Nullable ApiKey key(byte[] sha256) {
        return keys.get(new HashedKey(sha256));
    }

    List<ServiceState> services() {
        return services;
    }

    /** The names that a key may use: the short ones where they are clear. */
    List<String> namesFor(Catalog.ApiKey key) {
        List<String> names = new ArrayList<>();
        for (ServiceState state : services) {
            if (key.allows(state.key().namespace())) {
                String name = state.key().name();
                boolean clear = resolve(name, key) instanceof Resolution.Found found && found.service() == state;
                names.add(clear ? name : state.key().namespace() + "/" + name);
            }
        }
        return names;
    }

    /** What a model name means to the holder of a key. */
    Resolution resolve(String name, Catalog.ApiKey key) {
        Meanings meanings = byName.get(name);
        if (meanings == null) {
            return new Resolution.Unknown();
        }
        for (List<ServiceState> tier : List.of(meanings.names(), meanings.aliases(), meanings.models())) {
            ServiceState only = null;
            int allowed = 0;
            for (ServiceState state : tier) {
                if (key.allows(state.key().namespace())) {
                    only = state;
                    allowed++;
                }
            }
            if (only != null && allowed == 1) {
                return new Resolution.Found(only);
            }
            if (allowed > 1) {
                return new Resolution.Ambiguous(tier.stream()
                        .filter(state -> key.allows(state.key().namespace()))
                        .map(state -> state.key().toString())
                        .toList());
            }
        }
        return new Resolution.Unknown();
    }

    /** What a name means. */
    sealed interface Resolution {
        record Found(ServiceState service) implements Resolution {}

        /** @param services namespace and name of each that it may mean */
        record Ambiguous(List<String> services) implements Resolution {}

        record Unknown() implements Resolution {}
    }
}
