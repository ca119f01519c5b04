package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.device.SelectorCompiler.DeviceSelector;
import dev.gyropilot.brain.placement.device.SelectorCompiler.SelectorException;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The selectors of a class and a request together, with what they have answered about each device so far. They are asked in
 * their order up to the first that says no, and compiled when they are first asked: a broken one behind another that rules
 * every device out does no harm.
 */
final class Selection {
    private final Cache cache;
    private final String deviceClass;
    private final List<String> ofClass;
    private final List<String> ofRequest;
    private final @Nullable DeviceSelector[] compiled;
    private final IdentityHashMap<Device, Boolean> answers = new IdentityHashMap<>();

    private Selection(Cache cache, DeviceClass deviceClass, List<String> ofRequest) {
        this.cache = cache;
        this.deviceClass = deviceClass.name();
        this.ofClass = deviceClass.selectors();
        this.ofRequest = ofRequest;
        this.compiled = new DeviceSelector[ofClass.size() + ofRequest.size()];
    }

    /**
     * Whether all selectors hold.
     *
     * @param asker the claim and request for which this is asked, for messages
     * @throws Aborted when a selector does not compile, or fails on the device
     */
    boolean matches(NodePool.PoolDevice candidate, String asker) {
        return matches(candidate.id, candidate.device, asker);
    }

    boolean matches(DeviceId id, Device device, String asker) {
        Boolean known = answers.get(device);
        if (known != null) {
            return known;
        }
        boolean result = true;
        for (int i = 0; result && i < compiled.length; i++) {
            DeviceSelector selector = selector(i, asker);
            try {
                result = selector.matches(id.pool().driver(), device);
            } catch (SelectorException e) {
                throw new Aborted(owner(i, asker) + " failed on device " + id + ": " + text(e)
                        + ". Maybe test for the attribute first, with has() or .?");
            }
        }
        answers.put(device, result);
        return result;
    }

    private DeviceSelector selector(int index, String asker) {
        DeviceSelector known = compiled[index];
        if (known != null) {
            return known;
        }
        try {
            DeviceSelector made = cache.compile(text(index));
            compiled[index] = made;
            return made;
        } catch (SelectorException e) {
            throw new Aborted(owner(index, asker) + " does not compile: " + text(e));
        }
    }

    private static String text(SelectorException e) {
        String text = String.valueOf(e.getMessage());
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }

    private String owner(int index, String asker) {
        String owner = index < ofClass.size()
                ? "class " + deviceClass + ": selector #" + index
                : asker + ": selector #" + (index - ofClass.size());
        return owner + " \"" + text(index) + "\"";
    }

    private String text(int index) {
        return index < ofClass.size() ? ofClass.get(index) : ofRequest.get(index - ofClass.size());
    }

    /** The selections in use; forgets all when they hold too much. */
    static final class Cache {
        private static final int ANSWER_LIMIT = 1_000_000;
        private static final int SELECTION_LIMIT = 1024;

        private final SelectorCompiler compiler;
        private final Map<String, DeviceSelector> compiled = new HashMap<>();
        private final Map<Key, Selection> selections = new HashMap<>();

        private record Key(String deviceClass, List<String> ofClass, List<String> ofRequest) {}

        Cache(SelectorCompiler compiler) {
            this.compiler = compiler;
        }

        Selection of(DeviceClass deviceClass, List<String> requested) {
            var key = new Key(deviceClass.name(), deviceClass.selectors(), requested);
            return selections.computeIfAbsent(key, k -> new Selection(this, deviceClass, requested));
        }

        /** Keeps memory bounded; between two searches only. */
        void trim() {
            long answers = 0;
            for (Selection selection : selections.values()) {
                answers += selection.answers.size();
            }
            if (answers > ANSWER_LIMIT || selections.size() > SELECTION_LIMIT) {
                selections.clear();
                compiled.clear();
            }
        }

        private DeviceSelector compile(String text) {
            return compiled.computeIfAbsent(text, compiler::compile);
        }
    }
}
