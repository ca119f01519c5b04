package dev.gyropilot.apiserver.http;

import io.netty.channel.Channel;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Writes to a channel from a blocking thread: waits while the client does not read, and gives up after a time. */
final class Outbound {
    private final Channel channel;
    private final Duration writeTimeout;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ready = lock.newCondition();

    Outbound(Channel channel, Duration writeTimeout) {
        this.channel = channel;
        this.writeTimeout = writeTimeout;
    }

    /** Queues and flushes a message once there is room; takes over its reference in any case. */
    void send(Object message) throws ClientGoneException {
        try {
            awaitRoom();
        } catch (ClientGoneException e) {
            ReferenceCountUtil.release(message);
            throw e;
        }
        var _ = channel.writeAndFlush(message, channel.voidPromise());
    }

    /** To be called by the channel's handler when it may have become writable, or closed. */
    void wake() {
        lock.lock();
        try {
            ready.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void awaitRoom() throws ClientGoneException {
        if (channel.isActive() && channel.isWritable()) {
            return;
        }
        lock.lock();
        try {
            long left = writeTimeout.toNanos();
            while (channel.isActive() && !channel.isWritable()) {
                if (left <= 0) {
                    var _ = channel.close();
                    throw new ClientGoneException("the client read nothing for " + writeTimeout.toSeconds() + " s");
                }
                left = ready.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClientGoneException("the client closed the connection");
        } finally {
            lock.unlock();
        }
        if (!channel.isActive()) {
            throw new ClientGoneException("the client closed the connection");
        }
    }
}
