package dev.gyropilot.engines.simulated;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A paged KV cache with prefix sharing, as vLLM has it, without the keys and values.
 *
 * <p>A full block is known by a hash over its tokens and all before it. Sequences with the same beginning share blocks;
 * blocks that no sequence holds stay until their room is needed and go least recently used first. One thread only.
 */
final class KvCache {
    private final int capacity;
    private final int blockTokens;
    private final Map<Long, Block> known = new HashMap<>();
    private final LinkedHashMap<Long, Block> idle = new LinkedHashMap<>();
    private int held;

    private static final class Block {
        private long hash;
        private boolean full;
        private int holders = 1;
    }

    /** The blocks of one sequence. */
    static final class Lease {
        private final List<Block> blocks = new ArrayList<>();
        private long parent;
        private int tokens;
        private int cachedTokens;

        /** Prompt tokens that were in the cache already. */
        int cachedTokens() {
            return cachedTokens;
        }
    }

    KvCache(int capacity, int blockTokens) {
        this.capacity = capacity;
        this.blockTokens = blockTokens;
    }

    /** Share of blocks that sequences hold, 0 to 1. */
    double use() {
        return (double) held / capacity;
    }

    /** Whether a sequence of so many tokens could ever fit. */
    boolean canEverHold(long tokens) {
        return (tokens + blockTokens - 1) / blockTokens <= capacity;
    }

    /** Takes blocks for a prompt; empty when there is no room now. */
    Optional<Lease> admit(int[] ids, int length, long salt) {
        Lease lease = new Lease();
        lease.parent = salt;
        int from = 0;
        // The last token is always computed: its output is the first new token.
        while (from + blockTokens < length) {
            long hash = hash(lease.parent, ids, from);
            Block block = known.get(hash);
            if (block == null) {
                break;
            }
            hold(block);
            lease.blocks.add(block);
            lease.parent = hash;
            from += blockTokens;
        }
        lease.tokens = from;
        lease.cachedTokens = from;
        int missing = (length - from + blockTokens - 1) / blockTokens;
        if (missing > capacity - held) {
            release(lease);
            return Optional.empty();
        }
        for (; from < length; from += blockTokens) {
            Block block = allocate();
            lease.blocks.add(block);
            if (from + blockTokens <= length) {
                fill(lease, block, hash(lease.parent, ids, from));
            }
        }
        lease.tokens = length;
        return Optional.of(lease);
    }

    /** Adds one token at the end of the ids; false when it needs a block and there is none. */
    boolean append(Lease lease, int[] ids) {
        if (lease.tokens % blockTokens == 0) {
            if (held == capacity) {
                return false;
            }
            lease.blocks.add(allocate());
        }
        lease.tokens++;
        if (lease.tokens % blockTokens == 0) {
            fill(lease, lease.blocks.getLast(), hash(lease.parent, ids, lease.tokens - blockTokens));
        }
        return true;
    }

    /** Gives all blocks back; full ones stay known. */
    void release(Lease lease) {
        // The end first: a block is of use only with those before it.
        for (Block block : lease.blocks.reversed()) {
            if (--block.holders == 0) {
                held--;
                if (block.full) {
                    idle.putLast(block.hash, block);
                }
            }
        }
        lease.blocks.clear();
    }

    private void hold(Block block) {
        if (block.holders++ == 0) {
            idle.remove(block.hash);
            held++;
        }
    }

    private Block allocate() {
        if (held + idle.size() >= capacity) {
            Map.Entry<Long, Block> oldest = idle.pollFirstEntry();
            known.remove(oldest.getKey());
        }
        held++;
        return new Block();
    }

    private void fill(Lease lease, Block block, long hash) {
        lease.parent = hash;
        // Two sequences may compute the same block at once: the second copy stays private.
        if (known.putIfAbsent(hash, block) == null) {
            block.hash = hash;
            block.full = true;
        }
    }

    private long hash(long parent, int[] ids, int from) {
        long hash = parent ^ 0x9E3779B97F4A7C15L;
        for (int i = from; i < from + blockTokens; i++) {
            hash = (hash ^ ids[i]) * 0xBF58476D1CE4E5B9L;
            hash ^= hash >>> 31;
        }
        return hash;
    }
}
