package dev.retort.op;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Operators of PyTorch that DJL's NDArray does not expose, written as a TorchScript module whose archive Java itself makes.
 *
 * <p>The module has no parameters and works on any device; each of its methods is one operator, and autograd flows through
 * them while {@link Autograd} records.
 */
final class TorchScript {

    private final PtSymbolBlock block;
    private final NDManager names;
    private final Map<String, NDArray> selectors = new ConcurrentHashMap<>();

    /**
     * Compiles a module.
     *
     * @param methods the methods of a serialised TorchScript class, indented by two blanks
     * @throws IllegalStateException if PyTorch rejects the source
     */
    TorchScript(String methods) {
        NDManager manager = NDManager.newBaseManager("PyTorch");
        names = NDManager.newBaseManager(ai.djl.Device.cpu(), "PyTorch");
        try {
            block = JniUtils.loadModule(
                    (PtNDManager) manager, new ByteArrayInputStream(archive(methods)), false, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a method; its results belong to the manager of the first input. */
    NDList call(String method, boolean gradient, NDArray... inputs) {
        NDList list = new NDList(inputs.length + 1);
        for (NDArray input : inputs) {
            list.add(input);
        }
        list.add(selectors.computeIfAbsent(method, this::selector));
        return call(list, gradient);
    }

    /** Runs the method that the list's selector names. */
    private NDList call(NDList inputs, boolean gradient) {
        // The setting is thread-local in PyTorch; the profiling executor would recompile for every new shape.
        JniUtils.setGraphExecutorOptimize(false);
        return IValueUtils.forward(block, inputs, gradient);
    }

    private NDArray selector(String method) {
        NDArray array = names.create(0);
        array.setName("module_method:" + method);
        return array;
    }

    private static byte[] archive(String methods) throws IOException {
        String source =
                """
                class M(Module):
                  __parameters__ = []
                  __buffers__ = []
                  training : bool
                  def forward(self: __torch__.M, x: Tensor) -> Tensor:
                    return x
                """
                        + methods;
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(new byte[] {(byte) 0x80, 2}); // PROTO 2
        pickle.write("c__torch__\nM\n".getBytes(StandardCharsets.US_ASCII)); // GLOBAL
        pickle.write(new byte[] {')', (byte) 0x81, '}', 'X', 8, 0, 0, 0}); // EMPTY_TUPLE NEWOBJ EMPTY_DICT BINUNICODE
        pickle.write("training".getBytes(StandardCharsets.US_ASCII));
        pickle.write(new byte[] {(byte) 0x88, 's', 'b', '.'}); // NEWTRUE SETITEM BUILD STOP
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            put(zip, "data.pkl", pickle.toByteArray());
            put(zip, "byteorder", ascii("little"));
            put(zip, "code/__torch__.py", ascii(source));
            put(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
            put(zip, "version", ascii("10\n"));
        }
        return bytes.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry("retort/" + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
