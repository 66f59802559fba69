package dev.retort.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The body of a response, taken piece by piece: Java's own stream would wait for ever for a server that stops sending.
 */
final class HubBody implements HttpResponse.BodySubscriber<HubBody>, AutoCloseable {

    /** A piece; null buffers at the end; a failure in place of both. */
    private record Piece(List<ByteBuffer> buffers, Throwable failure) {}

    private final Duration timeout;
    private final CompletableFuture<HubBody> begun = new CompletableFuture<>();
    // One piece is asked for at a time, so the queue stays short.
    private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
    private Flow.Subscription subscription;
    private boolean ended;

    /** @param timeout how long one piece may take */
    HubBody(Duration timeout) {
        this.timeout = timeout;
    }

    @Override
    public CompletionStage<HubBody> getBody() {
        return begun;
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        subscription = newSubscription;
        begun.complete(this);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        pieces.add(new Piece(buffers, null));
    }

    @Override
    public void onError(Throwable error) {
        pieces.add(new Piece(null, error));
        begun.completeExceptionally(error);
    }

    @Override
    public void onComplete() {
        pieces.add(new Piece(null, null));
    }

    /**
     * The next bytes; null at the end.
     *
     * @throws IOException when the connection breaks or nothing comes in time
     */
    List<ByteBuffer> next() throws IOException, InterruptedException {
        if (ended) {
            return null;
        }
        subscription.request(1);
        Piece piece = pieces.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
        if (piece == null) {
            throw new HttpTimeoutException("nothing came for " + timeout.toMillis() + " ms");
        }
        if (piece.failure != null) {
            throw new IOException(piece.failure.getMessage(), piece.failure);
        }
        ended = piece.buffers == null;
        return piece.buffers;
    }

    /** The whole body; null where it is longer than it may be. */
    byte[] bytes(int limit) throws IOException, InterruptedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (List<ByteBuffer> buffers = next(); buffers != null; buffers = next()) {
            for (ByteBuffer buffer : buffers) {
                if (buffer.remaining() > limit - bytes.size()) {
                    return null;
                }
                byte[] piece = new byte[buffer.remaining()];
                buffer.get(piece);
                bytes.write(piece, 0, piece.length);
            }
        }
        return bytes.toByteArray();
    }

    /** Gives the rest of the body up. */
    @Override
    public void close() {
        subscription.cancel();
    }
}
