import java.io.FileInputStream;
import java.util.Properties;
import java.util.TreeMap;

/** Prints what java.util.Properties reads, each as hex of its UTF-16 units. */
public class Dump {
    public static void main(String[] args) throws Exception {
        for (String file : args) {
            Properties p = new Properties();
            try (FileInputStream in = new FileInputStream(file)) {
                p.load(in);
            }
            System.out.println(file);
            for (var e : new TreeMap<Object, Object>(p).entrySet()) {
                System.out.println(hex(e.getKey()) + "=" + hex(e.getValue()));
            }
        }
    }

    private static String hex(Object o) {
        StringBuilder b = new StringBuilder();
        for (char c : o.toString().toCharArray()) {
            b.append(String.format("%04x", (int) c));
        }
        return b.toString();
    }
}
