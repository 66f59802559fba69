package dev.retort.teacher;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * A response's body, line by line: never more of it in memory than a line may hold. Its value is empty bytes when all lines
 * were handed out, and nothing where the body is longer than it may be.
 */
final class BatchDownload implements HttpResponse.BodySubscriber<Optional<byte[]>> {

    /** Takes a line without its line break; blank lines are left out. */
    @FunctionalInterface
    interface Sink {
        void line(byte[] line) throws IOException;
    }

    private final int mostLine;
    private final long mostBytes;
    private final Sink sink;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final CompletableFuture<Optional<byte[]>> body = new CompletableFuture<>();
    private Flow.Subscription subscription;
    private long bytes;
    private boolean isSkipping;
    private long tooLong;
    private volatile IOException failure;

    /**
     * A body in lines.
     *
     * @param mostLine bytes of a line; a longer one is counted and left out
     * @param mostBytes of all
     */
    BatchDownload(int mostLine, long mostBytes, Sink sink) {
        this.mostLine = mostLine;
        this.mostBytes = mostBytes;
        this.sink = sink;
    }

    /** Lines that were left out, once the body is complete. */
    long tooLong() {
        return tooLong;
    }

    /** What the sink threw; nothing where it took every line. */
    Optional<IOException> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public CompletionStage<Optional<byte[]>> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        subscription = newSubscription;
        subscription.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        try {
            for (ByteBuffer buffer : buffers) {
                bytes += buffer.remaining();
                if (bytes > mostBytes && !body.isDone()) {
                    body.complete(Optional.empty());
                    subscription.cancel();
                }
                if (body.isDone()) {
                    return;
                }
                take(buffer);
            }
            subscription.request(1);
        } catch (IOException e) {
            failure = e;
            body.completeExceptionally(e);
            subscription.cancel();
        }
    }

    private void take(ByteBuffer buffer) throws IOException {
        byte[] piece = new byte[buffer.remaining()];
        buffer.get(piece);
        int from = 0;
        for (int at = 0; at < piece.length; at++) {
            if (piece[at] == '\n') {
                add(piece, from, at);
                end();
                from = at + 1;
            }
        }
        add(piece, from, piece.length);
    }

    private void add(byte[] piece, int from, int to) {
        if (!isSkipping && to - from > mostLine - line.size()) {
            isSkipping = true;
            line.reset();
        }
        if (!isSkipping) {
            line.write(piece, from, to - from);
        }
    }

    private void end() throws IOException {
        byte[] whole = line.toByteArray();
        line.reset();
        if (isSkipping) {
            isSkipping = false;
            tooLong++;
        } else if (!isBlank(whole)) {
            sink.line(whole);
        }
    }

    private static boolean isBlank(byte[] line) {
        for (byte b : line) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }

    @Override
    public void onError(Throwable error) {
        body.completeExceptionally(error);
    }

    @Override
    public void onComplete() {
        try {
            end();
            body.complete(Optional.of(new byte[0]));
        } catch (IOException e) {
            failure = e;
            body.completeExceptionally(e);
        }
    }
}
