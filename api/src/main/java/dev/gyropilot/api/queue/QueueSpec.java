package dev.gyropilot.api.queue;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** The wish of a {@link Queue}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.guaranteed) || !has(self.limit) || !has(self.guaranteed.devices) || !has(self.limit.devices)"
                + " || self.guaranteed.devices <= self.limit.devices",
        message = "guaranteed.devices is more than limit.devices: raise the limit or lower the guarantee")
@ValidationRule(
        value = "!has(self.guaranteed) || !has(self.limit) || !has(self.guaranteed.cpu) || !has(self.limit.cpu)"
                + " || self.guaranteed.cpu <= self.limit.cpu",
        message = "guaranteed.cpu is more than limit.cpu: raise the limit or lower the guarantee")
@ValidationRule(
        value = "!has(self.guaranteed) || !has(self.limit) || !has(self.guaranteed.memoryGiB)"
                + " || !has(self.limit.memoryGiB) || self.guaranteed.memoryGiB <= self.limit.memoryGiB",
        message = "guaranteed.memoryGiB is more than limit.memoryGiB: raise the limit or lower the guarantee")
public record QueueSpec(
        @JsonPropertyDescription("Name of the queue above; absent: this queue is at the top.")
        @Size(min = 1, max = 253)
        @Nullable
        String parent,

        @JsonPropertyDescription("What work of this queue is sure to get: others may borrow it, and give it back.")
        @Nullable
        Amounts guaranteed,

        @JsonPropertyDescription("The most that work of this queue may use; what is absent has no limit.") @Nullable
        Amounts limit,

        @JsonPropertyDescription("Share of what nobody is guaranteed, in proportion to the queue's siblings.")
        @Default("1")
        @Min(1)
        @Max(1000000)
        @Nullable
        Integer weight,

        @JsonPropertyDescription("Whether it may use more than its guarantee while others leave devices idle.")
        @Default("Allowed")
        @Nullable
        Borrowing borrowing,

        @JsonPropertyDescription("Which running work may be stopped for work of this queue.") @Nullable
        Preemption preemption) {

    /** Whether a queue may go above its guarantee. */
    public enum Borrowing {
        Allowed,
        Never
    }

    /** Amounts in one unit each; partitions and shares of devices count as the part of the device that they take. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Amounts(
            @JsonPropertyDescription("Whole devices; 0.5 is half a device, by partition or by share.")
            @Min(0)
            @Max(100000000)
            @Nullable
            Double devices,

            @JsonPropertyDescription("CPU cores.") @Min(0) @Max(1000000000) @Nullable
            Double cpu,

            @JsonPropertyDescription("Memory in GiB.") @Min(0) @Max(1000000000) @Nullable
            Double memoryGiB) {}

    /** Whose work may be stopped. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Preemption(
            @JsonPropertyDescription(
                    "Work of other queues that use more than their guarantee, while this queue stays within its own: Any,"
                            + " only LowerPriority, or Never.")
            @Default("Any")
            @Nullable
            Reclaim reclaim,

            @JsonPropertyDescription("Work of this queue itself: only LowerPriority, or Never.")
            @Default("LowerPriority")
            @Nullable
            WithinQueue withinQueue) {}

    /** Which work of others may be stopped to get a guarantee back. */
    public enum Reclaim {
        Any,
        LowerPriority,
        Never
    }

    /** Which work of the same queue may be stopped. */
    public enum WithinQueue {
        LowerPriority,
        Never
    }
}
