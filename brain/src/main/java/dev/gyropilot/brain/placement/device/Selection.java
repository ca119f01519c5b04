package dev.gyropilot.brain.placement.device;

import dev.gyropilot.brain.placement.device.SelectorCompiler.DeviceSelector;
import dev.gyropilot.brain.placement.device.SelectorCompiler.SelectorException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** The selectors of a class and a request together, with what they have answered about each device so far. */
final class Selection {
    private final String deviceClass;
    private final List<DeviceSelector> selectors = new ArrayList<>();
    private final IdentityHashMap<Device, Boolean> answers = new IdentityHashMap<>();

    private Selection(String deviceClass) {
        this.deviceClass = deviceClass;
    }

    /** @throws Aborted when a selector fails on the device */
    boolean matches(NodePool.PoolDevice candidate) {
        Boolean known = answers.get(candidate.device);
        if (known != null) {
            return known;
        }
        boolean result = true;
        for (DeviceSelector selector : selectors) {
            try {
                if (!selector.matches(candidate.id.pool().driver(), candidate.device)) {
                    result = false;
                    break;
                }
            } catch (SelectorException e) {
                throw new Aborted("class " + deviceClass + ": a selector failed on device " + candidate.id + ": "
                        + e.getMessage());
            }
        }
        answers.put(candidate.device, result);
        return result;
    }

    /** The selections in use; forgets all when they hold too much. */
    static final class Cache {
        private static final int ANSWER_LIMIT = 1_000_000;
        private static final int SELECTION_LIMIT = 1024;

        private final SelectorCompiler compiler;
        private final Map<String, DeviceSelector> compiled = new HashMap<>();
        private final Map<Key, Selection> selections = new HashMap<>();

        private record Key(List<String> ofClass, List<String> ofRequest) {}

        Cache(SelectorCompiler compiler) {
            this.compiler = compiler;
        }

        /** @throws Aborted when a selector does not compile */
        Selection of(DeviceClass deviceClass, List<String> requested) {
            var key = new Key(deviceClass.selectors(), requested);
            Selection known = selections.get(key);
            if (known != null) {
                return known;
            }
            var selection = new Selection(deviceClass.name());
            deviceClass
                    .selectors()
                    .forEach(text -> selection.selectors.add(compile("class " + deviceClass.name(), text)));
            requested.forEach(text -> selection.selectors.add(compile("request", text)));
            selections.put(key, selection);
            return selection;
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

        private DeviceSelector compile(String owner, String text) {
            try {
                return compiled.computeIfAbsent(text, compiler::compile);
            } catch (SelectorException e) {
                throw new Aborted(owner + ": selector " + text + " does not compile: " + e.getMessage());
            }
        }
    }
}
