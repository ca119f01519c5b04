package dev.gyropilot.scheduler;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** Told what is wrong with objects; nothing that is decided follows from it. */
interface Remarks {
    /** For a scheduler that nobody listens to. */
    Remarks NONE = new Remarks() {
        @Override
        public void invalid(HasMetadata object, String message) {}

        @Override
        public void invalidSlice(String name, String message) {}
    };

    /** The object cannot be used, or not all of it; the message names the field, its value and the remedy. */
    void invalid(HasMetadata object, String message);

    /** The slice of this name does not go together with the others of its pool. */
    void invalidSlice(String name, String message);
}
