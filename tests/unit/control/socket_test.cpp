#include "control/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace weir::control {
namespace {

namespace fs = std::filesystem;

class SocketTest : public testing::Test {
 protected:
  SocketTest() {
    std::string pattern = (fs::temp_directory_path() / "weir-sock-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    path_ = (folder_ / "run" / "control.sock").string();
  }
  ~SocketTest() override { fs::remove_all(folder_); }

  fs::path folder_;
  std::string path_;
};

TEST_F(SocketTest, MakesFolderAndFileThatOthersCannotUseAndRemovesTheFile) {
  {
    auto socket = Socket::listen(path_);
    ASSERT_TRUE(socket);
    struct stat there {};
    ASSERT_EQ(::lstat(path_.c_str(), &there), 0);
    EXPECT_TRUE(S_ISSOCK(there.st_mode));
    EXPECT_EQ(there.st_mode & 0777, 0660u) << "whatever the umask: to connect takes the right to write";
  }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(SocketTest, AFileOfADeadDaemonIsReplaced) {
  auto dead = Socket::listen(path_);
  ASSERT_TRUE(dead);
  dead->take().reset();  // nobody listens any more; the file stays
  ASSERT_TRUE(fs::exists(path_));
  EXPECT_FALSE(Socket::is_alive(path_));
  auto fresh = Socket::listen(path_);
  ASSERT_TRUE(fresh);
  { Socket gone = std::move(*dead); }
  EXPECT_TRUE(fs::exists(path_)) << "the file of another socket is not removed";
}

TEST_F(SocketTest, ALivingDaemonIsNotReplaced) {
  auto first = Socket::listen(path_);
  ASSERT_TRUE(first);
  auto second = Socket::listen(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), Errc::too_many);
  EXPECT_TRUE(Socket::is_alive(path_));
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(SocketTest, AFileThatIsNoSocketIsLeftAlone) {
  fs::create_directories(folder_ / "run");
  std::ofstream(path_) << "precious";
  auto socket = Socket::listen(path_);
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().cause, std::errc::file_exists);
  EXPECT_EQ(fs::file_size(path_), 8u);
}

TEST_F(SocketTest, APathTooLongIsAnError) {
  EXPECT_EQ(Socket::listen("/" + std::string(200, 'x')).error().cause, std::errc::filename_too_long);
  EXPECT_FALSE(Socket::listen(""));
}

}  // namespace
}  // namespace weir::control
