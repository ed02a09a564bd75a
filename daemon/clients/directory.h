// Who is called what now: the claims of all files, judged.
//
// A hosts file is the operator's word: what it says of a name stands, and leases add to it only the hardware addresses
// behind the addresses that it gives.  A name that leases alone give was chosen by the device, so it is worth what that
// device is worth; two devices cannot have one.  Whoever had it first keeps it as long as its lease lives and it calls
// itself nothing else: a DHCP server may already have taken the name from it for the newcomer.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "clients/devices.h"
#include "clients/read.h"

namespace weir::clients {

class Directory {
 public:
  Directory() = default;
  /// `now`: seconds since 1970; leases that have ended say nothing.  `before`: the directory that this one follows.
  Directory(const std::vector<NameFile>& files, std::int64_t now, const Directory& before);

  const std::shared_ptr<const Devices>& devices() const { return devices_; }
  /// "" = nobody names it.
  std::string_view name_of(const Address& address, const std::optional<Mac>& mac) const;
  /// The device that was given this address last; empty where no lease tells.
  std::optional<Mac> mac_of(const Address& address) const;
  /// What whoever relies on a name should know, in words; "" = nothing.
  std::string trouble(std::string_view name) const;
  /// Whether devices alone say so.
  bool by_lease_only(std::string_view name) const;
  /// When the next lease ends, seconds since 1970; 0 = none does.
  std::int64_t next_end() const { return next_end_; }

 private:
  struct Named {
    std::vector<const Claim*> trusted, leased;
  };
  /// What living leases say of a device.
  struct Leased {
    std::string name;  ///< "" = none
    std::vector<Address> addresses;
  };
  void note(const Claim& claim);
  void settle(const std::string& name, const Named& claims, const Directory& before);
  void by_hosts(const std::string& name, const Named& claims);
  void by_leases(const std::string& name, const Named& claims, const Directory& before);
  std::optional<Mac> keeper(const std::string& name, const Directory& before) const;

  std::shared_ptr<const Devices> devices_ = std::make_shared<const Devices>();
  Devices building_;
  std::unordered_map<Address, std::string, AddressHash> by_address_;
  std::unordered_map<Mac, std::string, MacHash> by_mac_;
  std::unordered_map<Address, Mac, AddressHash> holders_;  ///< by lease
  std::unordered_map<Mac, Leased, MacHash> leased_;
  std::map<std::string, std::string, std::less<>> troubles_;
  std::set<std::string, std::less<>> leased_only_;
  std::int64_t next_end_ = 0;
};

}  // namespace weir::clients
